// @kind: tracked
// @unique_key: customer_id
// @allow_net: api.example.com
// @secrets: CRM_TOKEN
// @concurrency: 4
// @description: Keeps one contact a customer in the CRM.
// @tags: crm

import { http, query, secret } from "spoor";

// Only customers that are new, or differ from what the CRM last accepted, come out of this query.
// The revenue is left out on purpose: a contact is sent when the plan moves, not with every order.
const customers = query<{ customer_id: number; name: string; email: string; plan: string }>(`
  SELECT customer_id, name, email, plan
  FROM mart.customers
`);

// Returning marks the customer as sent. Throwing does not, and any answer but 200-299 throws.
await customers.each(async (customer) => {
  await http.put(`https://api.example.com/contacts/${customer.customer_id}`, {
    headers: { Authorization: `Bearer ${secret("CRM_TOKEN")}` },
    json: { name: customer.name, email: customer.email, plan: customer.plan },
  });
});
