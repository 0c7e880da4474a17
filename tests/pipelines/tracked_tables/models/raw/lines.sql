SELECT 1 AS order_id, 'a' AS item UNION ALL SELECT 1, 'b' UNION ALL SELECT 2, 'a'
