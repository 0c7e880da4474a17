SELECT id + 1 AS id FROM raw.good
