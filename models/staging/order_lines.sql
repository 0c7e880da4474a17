-- @kind: view
-- @description: Order lines with typed columns and the amount that was charged.

SELECT
  CAST(order_id AS INTEGER) AS order_id,
  CAST(product_id AS INTEGER) AS product_id,
  CAST(quantity AS INTEGER) AS quantity,
  CAST(unit_price AS REAL) AS unit_price,
  CAST(discount AS REAL) AS discount,
  round(unit_price * quantity * (1 - discount), 2) AS amount
FROM raw.order_lines
