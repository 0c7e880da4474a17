SELECT id FROM raw.bad
