from orchestration.claims.load import load_claims
from orchestration.claims.warehouse import findings


def model(dbt, session):
    """The table of claims; the references say what `findings` reads by SQL."""
    dbt.config(materialized="table")
    dbt.ref("int_known_value")
    dbt.ref("int_known_coverage")
    dbt.ref("fct_control_total")
    dbt.ref("dim_category")
    dbt.ref("dim_source")
    return findings(session, load_claims())
