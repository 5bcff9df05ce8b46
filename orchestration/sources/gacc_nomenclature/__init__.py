"""The customs' own code lists: tariff lines by year, partners, regimes, provinces.

Belongs here: reading a list as it is downloaded. Not here: which list of several counts (`landing.state`), and what the
warehouse knows without any list (`dbt_project/seeds`). What the lists look like: docs/receiving.md.
"""
