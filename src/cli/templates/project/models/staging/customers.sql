-- @kind: view
-- @description: Customers with tidy texts and real numbers.

SELECT
  CAST(customer_id AS INTEGER) AS customer_id,
  trim(name) AS name,
  lower(trim(email)) AS email,
  upper(country) AS country,
  CAST(coalesce(nullif(revenue, ''), '0') AS REAL) AS revenue
FROM raw.customers
WHERE trim(email) <> ''
