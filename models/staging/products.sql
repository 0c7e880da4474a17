-- @kind: view
-- @description: Products with typed columns.

SELECT
  CAST(product_id AS INTEGER) AS product_id,
  product_name,
  category,
  CAST(unit_price AS REAL) AS unit_price,
  discontinued = '1' AS discontinued
FROM raw.products
