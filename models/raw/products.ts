// @kind: table
// @allow_read: data/northwind/products.csv
// @description: Products as the file has them; every value is text.

import { files, save } from "spoor";

for await (const file of files("data/northwind/products.csv")) {
  await save.rows(file.csv());
}
