// @description: Orders as the shop exports them.
// @allow_read: inbox
import { files, save } from "spoor";
import { toNumber } from "../../lib/to_number.ts";

for (const file of await files("inbox/*.csv")) {
  for await (const row of file.csv()) {
    await save.row({ ...row, id: toNumber(row.id), amount: toNumber(row.amount) });
  }
}
