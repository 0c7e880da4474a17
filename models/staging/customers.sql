-- @kind: view
-- @description: Customers with clean keys; test entries, which have no country, are left out.

SELECT
  trim(customer_id) AS customer_id,
  company_name,
  contact_name,
  contact_title,
  lower(trim(customer_id)) || '@example.com' AS email, -- Northwind is older than e-mail
  city,
  nullif(region, '') AS region, -- a CSV file knows no NULL, only empty text
  country,
  nullif(phone, '') AS phone
FROM raw.customers
WHERE country <> ''
