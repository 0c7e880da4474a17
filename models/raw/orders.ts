// @kind: table
// @allow_read: data/northwind/orders.csv
// @description: Orders as the file has them; every value is text.

import { files, save } from "spoor";

for await (const file of files("data/northwind/orders.csv")) {
  await save.rows(file.csv());
}
