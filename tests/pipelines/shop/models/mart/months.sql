SELECT month, count(*) AS orders, sum(amount) AS amount
FROM staging.orders
GROUP BY month
ORDER BY month;
