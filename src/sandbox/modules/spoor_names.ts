/**
 * What `"spoor"` gives to models, by name, and what is wrong with an import of another name.
 *
 * The API itself is the guest's, which nobody but guests loads: a test holds these names against it.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import { SPOOR_VALUES } from "~/sandbox/protocol.ts";
import { isNode, nameOf, nodesOf, type SyntaxNode } from "./syntax_tree.ts";

/** What is gone when a model runs. */
export const SPOOR_TYPES: readonly string[] = [
  "Value",
  "Row",
  "RowToSave",
  "Group",
  "Counts",
  "Saves",
  "BatchKey",
  "BatchOutcome",
  "Rows",
  "Query",
  "Change",
  "Unsettled",
  "Changes",
  "Save",
  "Parameter",
  "FileToUpload",
  "RequestOptions",
  "UploadOptions",
  "HttpResponse",
  "OAuthOptions",
  "Http",
  "HmacOptions",
  "Items",
  "CsvOptions",
  "ModelFile",
  "Log",
];

/** An imported name that `"spoor"` does not have. */
export interface ForeignName {
  node: SyntaxNode;
  message: string;
  hint: string;
}

/** Finds names that a statement imports from `"spoor"`, or passes on, and that are not there at run time. */
export function findForeignNames(statement: SyntaxNode): ForeignName[] {
  const { source, type } = statement;
  if (!isNode(source) || source.value !== "spoor" || isOfTypes(statement)) return [];
  return nodesOf(statement.specifiers).flatMap((node) => {
    if (isOfTypes(node)) return [];
    const name = type === "ImportDeclaration" ? importedName(node) : exportedName(node);
    if (name === undefined || SPOOR_VALUES.includes(name)) return [];
    return [{ node, ...explain(name) }];
  });
}

/** `import type`, `export type`, or one name of those. */
function isOfTypes({ importKind, exportKind }: SyntaxNode): boolean {
  return importKind === "type" || exportKind === "type";
}

/** `undefined`: all of it, by `import * as`. */
function importedName(node: SyntaxNode): string | undefined {
  if (node.type === "ImportDefaultSpecifier") return "default";
  return nameOf(node.imported);
}

function exportedName(node: SyntaxNode): string | undefined {
  return node.type === "ExportSpecifier" ? nameOf(node.local) : undefined;
}

function explain(name: string): Omit<ForeignName, "node"> {
  const refused = `Cannot import "${name}" from "spoor"`;
  if (SPOOR_TYPES.includes(name)) {
    return {
      message: `${refused}: it is a type, and types are gone when a model runs`,
      hint: `Write import type { ${name} } from "spoor".`,
    };
  }
  if (name === "default") {
    return {
      message: `${refused}: it has no default export`,
      hint: `Name what is needed, as in import { query, save } from "spoor".`,
    };
  }
  const meant = closestWord(name, SPOOR_VALUES);
  return {
    message: `${refused}: there is no such name`,
    hint: meant ? `Did you mean "${meant}"?` : `It is one of ${SPOOR_VALUES.join(", ")}.`,
  };
}
