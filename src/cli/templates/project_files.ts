/**
 * The files that `spoor init` writes.
 *
 * They lie in `project/` as they will lie in a project, so that this repository formats, lints
 * and checks the models among them. Files that would mean something where they lie have another
 * name there.
 *
 * @module
 */
import apiDeclarations from "spoor" with { type: "text" };
import data from "./project/data/customers.csv" with { type: "text" };
import denoConfig from "./project/deno_config.json" with { type: "text" };
import envExample from "./project/env.example" with { type: "text" };
import gitignore from "./project/gitignore" with { type: "text" };
import mart from "./project/models/mart/customers.sql" with { type: "text" };
import raw from "./project/models/raw/customers.ts" with { type: "text" };
import staging from "./project/models/staging/customers.sql" with { type: "text" };
import sync from "./project/models/sync/crm.ts" with { type: "text" };
import readme from "./project/README.md" with { type: "text" };
import settings from "./project/spoor.yaml" with { type: "text" };
import globals from "./project/types/globals.d.ts.txt" with { type: "text" };
import typescriptConfig from "./project/typescript_config.json" with { type: "text" };

/** Declarations that every model gets with the API: without them an editor would offer `fetch`. */
const GLOBALS_REFERENCE = `/// <reference path="./globals.d.ts" />\n`;

/** Path in the project → text, in the order in which they are listed. */
export const PROJECT_FILES: Readonly<Record<string, string>> = {
  "spoor.yaml": settings,
  "models/raw/customers.ts": raw,
  "models/staging/customers.sql": staging,
  "models/mart/customers.sql": mart,
  "models/sync/crm.ts": sync,
  "data/customers.csv": data,
  "README.md": readme,
  ".env.example": envExample,
  ".gitignore": gitignore,
  "deno.json": denoConfig,
  "tsconfig.json": typescriptConfig,
  "types/spoor.d.ts": GLOBALS_REFERENCE + apiDeclarations,
  "types/globals.d.ts": globals,
};
