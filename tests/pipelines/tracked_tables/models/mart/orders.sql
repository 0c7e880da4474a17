-- @kind: tracked
-- @unique_key: order_id
SELECT order_id, item FROM raw.lines
