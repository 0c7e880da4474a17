/**
 * Deno lint plugin `repo`: holds every import of the program against `import_rules.ts`.
 * Named in `lint.plugins` of deno.json, so `deno lint` and editors run it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { relative } from "node:path";
import { checkImport } from "./import_rules.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const plugin: Deno.lint.Plugin = {
  name: "repo",
  rules: {
    "import-direction": {
      create(context) {
        const path = relative(ROOT, context.filename);

        function check(source: Deno.lint.Expression | null | undefined): void {
          const specifier = staticText(source);
          if (!source || specifier === undefined) return;
          const violation = checkImport(path, specifier);
          if (violation) context.report({ node: source, ...violation });
        }

        return {
          ImportDeclaration: (node) => check(node.source),
          ExportNamedDeclaration: (node) => check(node.source),
          ExportAllDeclaration: (node) => check(node.source),
          ImportExpression: (node) => check(node.source),
          TSImportType: (node) => check(importTypeSource(node)),
        };
      },
    },
  },
};

export default plugin;

/** `import("./x.ts").X` in a type: the argument's name differs between versions of the tree. */
function importTypeSource(node: Deno.lint.TSImportType): Deno.lint.Expression | undefined {
  const argument: unknown = node.argument;
  if (typeof argument !== "object" || argument === null) return undefined;
  return ("literal" in argument ? argument.literal : argument) as Deno.lint.Expression;
}

/** The text of a literal or of a template without holes. */
function staticText(node: Deno.lint.Expression | null | undefined): string | undefined {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type !== "TemplateLiteral" || node.expressions.length > 0) return undefined;
  return node.quasis[0]?.cooked;
}
