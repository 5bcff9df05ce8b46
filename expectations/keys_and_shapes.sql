-- Compares: the rows of each stream's month that are found wrong with none at all, one question after the other: a code,
--           a key or a number that cannot be what the customs print.
-- Window:   all months of all receipts that count, a few months at a time: keys are compared within a receipt's month,
--           and the keys of all months at once would fill the memory.
-- Tolerance: none.
--
-- Equal keys have equal hashes, which are cheap to compare; whole keys are compared where hashes meet.
with suspect as (
    select hash(receipt_id, month, hs_code, partner_code, regime_code, province_code) as key_hash
    from raw_row
    group by all
    having count(*) > 1
),

repeated as (
    select receipt_id, month, count(*) as n, min(line) as line
    from raw_row
    semi join suspect on hash(receipt_id, month, hs_code, partner_code, regime_code, province_code) = suspect.key_hash
    group by receipt_id, month, hs_code, partner_code, regime_code, province_code
    having count(*) > 1
),

-- NULL is no answer: what cannot be told counts as wrong.
asked as (
    select
        receipt_id, month, line,
        not coalesce(length(hs_code) = code_length and regexp_full_match(hs_code, '[0-9]+'), false) as code,
        case
            when contains(dimensions, 'partner_code') then not coalesce(regexp_full_match(partner_code, partner_pattern), false)
            else partner_code is not null
        end as partner,
        value is null as missing,
        coalesce(value < 0, false) as negative,
        coalesce(quantity_1 < 0, false) as negative_1,
        coalesce(quantity_2 < 0, false) as negative_2
    from raw_row
),

counted as (
    select
        receipt_id, month, count(*) as n_compared,
        [
            count(*) filter (where code), count(*) filter (where partner), count(*) filter (where missing),
            count(*) filter (where negative), count(*) filter (where negative_1), count(*) filter (where negative_2)
        ] as n,
        [
            min(line) filter (where code), min(line) filter (where partner), min(line) filter (where missing),
            min(line) filter (where negative), min(line) filter (where negative_1), min(line) filter (where negative_2)
        ] as line
    from asked
    group by all
),

key as (
    select receipt_id, month, sum(n)::bigint as n, min(line) as line
    from repeated
    group by all
),

answered as (
    select
        receipt_id,
        month,
        n_compared,
        unnest([
            'No key stands twice in a receipt',
            'Codes have the digits that their receipt says, those of a line where they feed a fact',
            'Partner codes have the shape of their source, or there is no partner column',
            'Every row has a value',
            'Values are not negative',
            'First quantities are not negative',
            'Second quantities are not negative'
        ]) as scope,
        unnest(list_prepend(coalesce(k.n, 0), c.n)) as n,
        unnest(list_prepend(k.line, c.line)) as line
    from counted as c
    left join key as k using (receipt_id, month)
),

final as (
    select
        r.source,
        r.reporter,
        r.flow,
        a.month,
        a.scope,
        sum(a.n) as actual,
        sum(a.n_compared) as n_compared,
        arg_min(format('first {} line {}', a.receipt_id, a.line), r.sequence) filter (where a.n > 0) as reason
    from answered as a
    inner join receipt as r using (receipt_id)
    group by all
)

select
    source || ' ' || flow as dataset, source, reporter, flow, month, scope, 'rows found wrong' as measure, 0 as expected, actual, 0 as tolerance, n_compared,
    'block' as severity, reason, 'docs/rules.md' as reference
from final
