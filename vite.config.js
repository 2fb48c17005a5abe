// Builds the front end into calamity/web/assets/dist, with hashed names and a manifest.
import postcss from "postcss";
import { defineConfig } from "vite";

const USED = /var\(\s*(--[\w-]+)/g;

/** Drops custom properties that nothing reads: a theme brings thousands, we use hundreds. */
function dropUnreadProperties(css) {
  const root = postcss.parse(css);
  for (;;) {
    const read = new Set();
    root.walkDecls((declaration) => {
      for (const found of declaration.value.matchAll(USED)) read.add(found[1]);
    });
    let dropped = 0;
    root.walkDecls(/^--/, (declaration) => {
      if (read.has(declaration.prop)) return;
      declaration.remove();
      dropped += 1;
    });
    if (dropped === 0) break;
  }
  root.walkComments((comment) => {
    if (!comment.text.startsWith("!")) comment.remove();
  });
  root.walkRules((rule) => {
    if (rule.nodes.length === 0) rule.remove();
  });
  return root.toString();
}

const pruned = {
  name: "drop-unread-properties",
  enforce: "post",
  generateBundle(_options, bundle) {
    for (const item of Object.values(bundle)) {
      if (item.type !== "asset" || !item.fileName.endsWith(".css")) continue;
      const before = typeof item.source === "string" ? item.source : new TextDecoder().decode(item.source);
      item.source = dropUnreadProperties(before);
    }
  },
};

export default defineConfig({
  root: "calamity/web/frontend",
  base: "/assets/",
  publicDir: false,
  plugins: [pruned],
  build: {
    outDir: "../assets/dist",
    emptyOutDir: true,
    assetsDir: "",
    manifest: "manifest.json",
    license: { fileName: "third-party-licenses.md" },
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["calamity/web/frontend/main.js", "calamity/web/frontend/signals-worker.js"],
      // htmx evaluates only where its allowEval says so, and ours says no.
      onwarn: (warning, report) => (warning.code === "EVAL" ? undefined : report(warning)),
    },
  },
});
