// @kind: tracked
// @unique_key: order_id
// @allow_net: erp.northwind.example
// @secrets: ERP_TOKEN
// @description: Hands every order with its lines to the ERP, fifty orders a request.
// @tags: erp

import { type Group, http, query, secret } from "spoor";

// An order is a group of rows, one a line. It is sent as a whole, and again as soon as one of its
// lines differs.
const orders = query(`
  SELECT
    orders.order_id, orders.customer_id, orders.order_date, orders.shipped_date,
    products.product_name, lines.quantity, lines.unit_price, lines.discount
  FROM staging.orders AS orders
  JOIN staging.order_lines AS lines ON lines.order_id = orders.order_id
  JOIN staging.products AS products ON products.product_id = lines.product_id
`);

await orders.batches(50, async (batch) => {
  await http.post("https://erp.northwind.example/v1/orders", {
    headers: { Authorization: `Bearer ${secret("ERP_TOKEN")}` },
    json: { orders: batch.map(toOrder) },
  });
});

/** What the lines have in common once, then the lines. */
function toOrder({ key, rows }: Group) {
  return {
    order_id: key.order_id,
    customer_id: rows[0]?.customer_id,
    order_date: rows[0]?.order_date,
    shipped_date: rows[0]?.shipped_date,
    lines: rows.map(({ product_name, quantity, unit_price, discount }) => {
      return { product_name, quantity, unit_price, discount };
    }),
  };
}
