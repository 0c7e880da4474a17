WITH RECURSIVE tree(id, path, depth) AS (
  SELECT id, name, 0 FROM raw.people WHERE boss IS NULL
  UNION ALL
  SELECT p.id, tree.path || ' / ' || p.name, depth + 1
  FROM raw.people AS p JOIN tree ON p.boss = tree.id
)
SELECT path, depth FROM tree ORDER BY path
