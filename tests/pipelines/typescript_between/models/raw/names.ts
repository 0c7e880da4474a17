import { save } from "spoor";

await save.rows([{ n: 1, name: "uno", extra: true }, { n: 3, name: "tre" }]);
