-- @kind: table
-- @description: One row a customer: what they bought, and the plan that this earns them.
-- @owner: sales

WITH bought AS (
  SELECT
    orders.customer_id,
    count(DISTINCT orders.order_id) AS orders,
    max(orders.order_date) AS last_order_date,
    round(sum(lines.amount), 2) AS revenue
  FROM staging.orders AS orders
  JOIN staging.order_lines AS lines ON lines.order_id = orders.order_id
  GROUP BY orders.customer_id
)
SELECT
  customers.customer_id,
  customers.company_name,
  customers.contact_name,
  customers.email,
  customers.city,
  customers.country,
  customers.phone,
  coalesce(bought.orders, 0) AS orders,
  bought.last_order_date,
  coalesce(bought.revenue, 0.0) AS revenue,
  CASE
    WHEN bought.revenue >= 25000 THEN 'enterprise'
    WHEN bought.revenue >= 5000 THEN 'business'
    WHEN bought.revenue > 0 THEN 'starter'
    ELSE 'prospect'
  END AS plan
FROM staging.customers AS customers
LEFT JOIN bought ON bought.customer_id = customers.customer_id
