// @kind: tracked
// @unique_key: customer_id
// @allow_net: api.hubapi.com
// @secrets: HUBSPOT_TOKEN
// @concurrency: 8
// @description: Keeps one HubSpot contact a customer, with the plan they are on.
// @tags: crm

import { http, query, secret } from "spoor";

// Gives only customers that are new, or differ from what HubSpot last accepted. The revenue is left
// out on purpose: a contact is to be sent when the plan moves, not with every order.
const customers = query(`
  SELECT customer_id, email, company_name, contact_name, city, country, phone, plan
  FROM mart.customers
`);

// A customer for whom this returns is recorded as accepted, one for whom it throws comes again in
// the next run. Any answer outside of 200-299 throws.
await customers.each(async (customer) => {
  await http.post(
    `https://api.hubapi.com/contacts/v1/contact/createOrUpdate/email/${customer.email}/`,
    {
      headers: { Authorization: `Bearer ${secret("HUBSPOT_TOKEN")}` },
      json: {
        properties: [
          { property: "company", value: customer.company_name },
          { property: "lastname", value: customer.contact_name },
          { property: "city", value: customer.city },
          { property: "country", value: customer.country },
          { property: "phone", value: customer.phone },
          { property: "plan", value: customer.plan },
        ],
      },
    },
  );
});
