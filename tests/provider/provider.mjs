// A provider of OpenID Connect for the tests: the certified npm library `oidc-provider`, with its
// own pages to sign in and to consent. Orders come in as JSON lines: who there is, and with what.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

const given = JSON.parse(process.argv[2]);
const users = new Map(Object.entries(given.users));
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "calamity",
        client_secret: given.secret,
        redirect_uris: [given.redirect],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        token_endpoint_auth_method: given.method ?? "client_secret_basic",
      },
    ],
    cookies: { keys: ["of-the-tests-only"] },
    claims: {
      openid: ["sub"],
      email: ["email"],
      profile: ["name", "preferred_username", "groups", "municipality"],
    },
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: `${id}@work.example`, ...users.get(id) }),
    }),
  });
  provider.on("grant.success", (ctx) => say({ event: "granted", client: ctx.oidc.client.clientId }));
  server.on("request", provider.callback());
  say({ event: "listening", issuer });
});

createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  users.set(order.user, order.claims);
  say({ event: "done" });
});
