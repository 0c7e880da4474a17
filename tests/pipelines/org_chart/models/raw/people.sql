SELECT column1 AS id, column2 AS boss, column3 AS name
FROM (VALUES (1, NULL, 'Ada'), (2, 1, 'Grace'), (3, 2, 'Joan'), (4, 1, 'Mary'))
