// @kind: table
// @allow_read: data/customers.csv
// @description: The customers' file as it is: one row a line, every value a text.

import { files, save } from "spoor";

// The model can read this file and nothing else; it runs again when the file changes.
for await (const file of files("data/customers.csv")) {
  await save.rows(file.csv());
}
