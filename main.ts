/** The `spoor` program; the only place that ends the process. @module */
import { main } from "~/cli/main.ts";

Deno.exit(await main(Deno.args));
