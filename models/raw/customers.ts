// @kind: table
// @allow_read: data/northwind/customers.csv
// @description: Customers as the file has them; every value is text.

import { files, save } from "spoor";

for await (const file of files("data/northwind/customers.csv")) {
  await save.rows(file.csv());
}
