-- @kind: view
-- @description: Orders with typed columns; shipped_date is NULL until the order has left.

SELECT
  CAST(order_id AS INTEGER) AS order_id,
  customer_id,
  date(order_date) AS order_date,
  date(nullif(shipped_date, '')) AS shipped_date,
  CAST(freight AS REAL) AS freight,
  ship_country
FROM raw.orders
