-- @kind: table
-- @description: One row a customer, with the plan that their revenue earns them.

SELECT
  customer_id,
  name,
  email,
  country,
  revenue,
  CASE
    WHEN revenue >= 10000 THEN 'gold'
    WHEN revenue >= 1000 THEN 'silver'
    ELSE 'bronze'
  END AS plan
FROM staging.customers
