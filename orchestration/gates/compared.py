"""How gates compare what they have made anew with what is published, column by column, and what they say of it.

Belongs here: macros that several gates end with. Not here: what any gate makes anew (`expectations`).
"""

from __future__ import annotations

#: How a gate compares a column that it has made anew, row by row: whole numbers and words exactly, ratios but for their
#: last digits, since another order of sums and quotients gives others. `row_key`: words that tell a row, only put
#: together for one that differs.
COMPARED = (
    "create macro is_far(wanted, found) as (wanted is null) <> (found is null) "
    "or coalesce(abs(wanted - found) > 1e-9 * abs(wanted) + 1e-13, false)",
    "create macro told(wanted, found, row_key) as format('{}: {} expected, {} found', row_key, "
    "coalesce(wanted::varchar, 'NULL'), coalesce(found::varchar, 'NULL'))",
    "create macro compared(name, wanted, found, row_key) as {column_name: name, "
    "n_wrong: count(*) filter (where wanted is distinct from found), "
    "first_wrong: min(case when wanted is distinct from found then told(wanted, found, row_key) end)}",
    "create macro measured(name, wanted, found, row_key) as {column_name: name, "
    "n_wrong: count(*) filter (where is_far(wanted, found)), "
    "first_wrong: min(case when is_far(wanted, found) then told(wanted, found, row_key) end)}",
    # Whether the figures are made up, by the receipts; a relation with that mark.
    "create macro is_made_up() as (select bool_or(is_synthetic) from receipt)",
    "create macro marked(said) as table (select *, is_made_up() as is_synthetic from query_table(said))",
    # Dollars and changes in percent as the press rounds them: a half goes up. Dollars are told in a smaller unit where
    # a greater one would change the amount by more than a twentieth.
    "create macro in_unit(dollars, unit, digits) as "
    "round(dollars::decimal(28, 0) * unit::decimal(10, 9), digits)::double",
    "create macro is_kept(said, dollars) as abs(said - dollars) <= 0.05 * abs(dollars)",
    "create macro in_dollars(dollars) as case "
    "when is_kept(in_unit(dollars, 0.000000001, 2) * 1e9, dollars) "
    "then format('US${:,.2f} bn', in_unit(dollars, 0.000000001, 2)) "
    "when is_kept(in_unit(dollars, 0.000001, 1) * 1e6, dollars) "
    "then format('US${:,.1f} m', in_unit(dollars, 0.000001, 1)) else format('US${:,}', dollars::bigint) end",
    "create macro in_percent(fraction, digits) as case when round(abs(fraction * 100)::decimal(24, 10), digits) = 0 "
    "then 'unchanged' else if(fraction > 0, 'up ', 'down ') "
    "|| format('{:,.' || digits || 'f}', round(abs(fraction * 100)::decimal(24, 10), digits)::double) || ' %' end",
    "create macro share(part, whole) as part / nullif(whole, 0)::double",
    "create macro growth(later, earlier) as later / nullif(earlier, 0)::double - 1",
    "create macro table_of(what, partner_code) as format('mart_{}_{}', case partner_code when 'all' then 'category' "
    "when '*' then 'untraded_category' else 'partner_category' end, what)",
    # By three columns and not by a row, which would be carried whole to where a key is told, of every row.
    "create macro series_key(partner_code, category_scheme, category_code) as "
    "format('{} × {}/{}', partner_code, category_scheme, category_code)",
    # What the relation `tallied` has found: its answers (`compared`, `measured`) by table, stream and month.
    "create macro answers_by_column(tallied, documented) as table (select source, reporter, flow, month, table_name, "
    "column_name, source || ' ' || flow as dataset, table_name as scope, "
    "'rows with another ' || column_name as measure, "
    "0 as expected, n_wrong as actual, 0 as tolerance, n_compared, 'block' as severity, first_wrong as reason, "
    "documented as reference from (select * exclude (answers), unnest(answers, recursive := true) "
    "from query_table(tallied)) as answered)",
    # As many rows as the relation `due` has, by published table, stream and month, stand in the relation `standing`.
    "create macro answers_by_rows(due, standing, documented) as table (select source, reporter, flow, month, "
    "table_name, null::varchar as column_name, source || ' ' || flow as dataset, "
    "table_name as scope, 'rows' as measure, count(*) filter (where is_due) as expected, "
    "count(*) filter (where not is_due) as actual, 0 as tolerance, greatest(expected, actual) as n_compared, "
    "'block' as severity, null::varchar as reason, documented as reference from ("
    "select table_name, source, reporter, flow, month, true as is_due from query_table(due) union all "
    "select table_name, source, reporter, flow, month, false from query_table(standing)) as either "
    "group by table_name, source, reporter, flow, month)",
    # Small tables without months of their own, row by row: relations with table_name, row_key and the row as JSON. Rows
    # that are alike as a whole are alike in each column. Told under the last month that is covered, if any is.
    """
create macro answers_by_json(said, wanted, documented) as table (
with paired as (
  select table_name, row_key, s.row as said_row, w.row as wanted_row
  from query_table(said) as s full join query_table(wanted) as w using (table_name, row_key)
  where s.row is distinct from w.row
),
differing as (
  select p.table_name, c.column_name, count(*) as n, min(told(json_extract_string(p.wanted_row, c.column_name),
    json_extract_string(p.said_row, c.column_name), p.row_key)) as reason
  from paired as p
  join published_column as c on p.table_name = c.table_name and p.said_row is not null and p.wanted_row is not null
  where json_extract_string(p.said_row, c.column_name) is distinct from json_extract_string(p.wanted_row, c.column_name)
  group by all
),
of_key as (
  select table_name, row_key, count(*) filter (where is_wanted) as n_wanted,
    count(*) filter (where not is_wanted) as n_found
  from (
    select table_name, row_key, true as is_wanted from query_table(wanted)
    union all
    select table_name, row_key, false from query_table(said)
  ) as either
  group by all
),
counted as (
  select table_name, count(*) as n_compared, count(*) filter (where n_wanted <> n_found) as n_wrong,
    min(format('{}: {} expected, {} found', row_key, n_wanted, n_found)) filter (where n_wanted <> n_found) as reason
  from of_key
  group by all
),
final as (
  select c.table_name, c.column_name, 'rows with another ' || c.column_name as measure, coalesce(d.n, 0) as actual,
    n.n_compared, d.reason
  from counted as n
  join published_column as c using (table_name)
  left join differing as d using (table_name, column_name)
  union all
  select table_name, null, 'rows missing or too many', n_wrong, n_compared, reason from counted
)
select *, (select max(month) from coverage) as month, table_name as scope, '-' as source, '-' as reporter, '-' as flow,
  'release' as dataset, 0 as expected, 0 as tolerance, 'block' as severity, documented as reference
from final
where exists (select 1 from coverage))""",
)
