"""Gates: evidence and judgement. The small bridge to Great Expectations; knows nothing of Dagster."""
