SELECT 'one' AS word, 1 AS n UNION ALL SELECT 'two', 2 UNION ALL SELECT 'three', 3
