// @kind: table
// @allow_read: data/northwind/order_lines.csv
// @description: The lines of the orders as the file has them; every value is text.

import { files, save } from "spoor";

for await (const file of files("data/northwind/order_lines.csv")) {
  await save.rows(file.csv());
}
