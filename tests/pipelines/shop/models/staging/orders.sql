-- @kind: view
SELECT id, customer, amount, substr(placed, 1, 7) AS month
FROM raw.orders
WHERE amount IS NOT NULL
