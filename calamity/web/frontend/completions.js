// What can be typed at a place of the source: fields, choices and codes, from the language itself.

const HEAD = 4000; // what a document is, it says at its beginning
const KEY = /^(\s*)(-\s+)?([A-Za-z_][\w-]*):(?:\s|$)/;

function resolve(schema, part) {
  let node = part;
  while (node?.$ref) node = schema.$defs[node.$ref.split("/").pop()];
  return node;
}

const nameOf = (part) => part?.$ref?.split("/").pop() ?? "";

function choices(schema, part) {
  const found = [];
  for (const each of part?.anyOf ?? part?.oneOf ?? [part]) {
    const node = resolve(schema, each);
    if (node?.anyOf || node?.oneOf) found.push(...choices(schema, node));
    else if (node) found.push({ name: nameOf(each), node });
  }
  return found;
}

// The names above this line, from the outside in: what the indentation says.
function pathAt(doc, number, column) {
  const path = [];
  let edge = column;
  for (let at = number - 1; at >= 1 && edge > 0; at -= 1) {
    const found = KEY.exec(doc.line(at).text);
    if (!found) continue;
    const indent = found[1].length + (found[2]?.length ?? 0);
    if (found[2] && found[1].length < edge && indent >= edge) { edge = Math.min(edge, found[1].length + 1); continue; }
    if (indent >= edge) continue;
    path.unshift(found[3]);
    edge = found[2] ? found[1].length + 1 : indent;
    if (found[2]) path.shift();
    if (found[2]) path.unshift(...(doc.line(at).text.trim().endsWith(":") ? [found[3]] : []));
  }
  return path;
}

function step(schema, places, key) {
  const next = [];
  for (const { node } of places) {
    const part = node.properties?.[key] ?? (typeof node.additionalProperties === "object" ? node.additionalProperties : null);
    if (!part) continue;
    for (const each of choices(schema, part)) {
      if (each.node.type === "array") next.push(...choices(schema, each.node.items));
      else next.push(each);
    }
  }
  return next;
}

export function completions(context, state) {
  if (!state.language) return null;
  const { schema, refers } = state.language;
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const value = /^(\s*(?:-\s+)?)([A-Za-z_][\w-]*):\s*(?:\[.*?)?([\w-]*)$/.exec(before);
  const field = /^(\s*(?:-\s+)?)([A-Za-z_][\w-]*)?$/.exec(before);
  if (!value && !field) return null;
  const indent = (value ?? field)[1].length;
  const isBlock = /^block:/m.test(context.state.doc.sliceString(0, HEAD));
  let places = [isBlock ? { name: "Block", node: resolve(schema, schema.then) } : { name: "Playbook", node: resolve(schema, schema.else) }];
  for (const key of pathAt(context.state.doc, line.number, indent)) places = step(schema, places, key);
  const typed = (value ? value[3] : field[2]) ?? "";
  const from = context.pos - typed.length;
  if (value) {
    const options = valuesOf(places, value[2], schema, refers, state.names);
    return options.length && (typed || context.explicit) ? { from, options } : null;
  }
  if (!typed && !context.explicit) return null;
  const options = places.flatMap(({ node }) => Object.entries(node.properties ?? {}).map(([label, part]) => ({
    label, apply: `${label}: `, type: "property", info: resolve(schema, part)?.description ?? part.description,
  })));
  return options.length ? { from, options } : null;
}

function valuesOf(places, key, schema, refers, names) {
  const options = [];
  for (const { name, node } of places) {
    const list = refers[`${name}.${key}`];
    if (list) options.push(...(names[list] ?? []).map(([label, detail]) => ({ label, detail, type: "constant" })));
    const part = node.properties?.[key];
    for (const each of part ? choices(schema, part) : []) {
      const known = each.node.enum ?? (each.node.const !== undefined ? [each.node.const] : each.node.type === "boolean" ? [true, false] : []);
      options.push(...known.map((label) => ({ label: String(label), type: "enum" })));
      for (const example of each.node.examples ?? []) options.push({ label: String(example), type: "text" });
    }
  }
  return options;
}
