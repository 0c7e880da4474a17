import { save } from "spoor";

await save.row({ id: 1 });
throw new Error("the far side is down");
