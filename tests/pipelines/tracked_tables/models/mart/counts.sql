SELECT order_id, count(*) AS items, count(DISTINCT _content_hash) AS hashes
FROM mart.orders GROUP BY order_id
