SELECT id FROM raw.good UNION ALL SELECT id FROM raw.bad
