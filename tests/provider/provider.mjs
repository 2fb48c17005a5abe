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
        redirect_uris: given.redirects,
        post_logout_redirect_uris: given.gone,
        backchannel_logout_uri: given.backchannel ?? `${issuer}/caught`,
        backchannel_logout_session_required: true,
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
    features: {
      devInteractions: { enabled: true },
      rpInitiatedLogout: { enabled: given.signsOut ?? true },
      backchannelLogout: { enabled: true },
    },
    pkce: { required: () => true },
    // Its guard lets it post to no address of this machine, and that is where the product is here.
    fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: `${id}@work.example`, ...users.get(id) }),
    }),
  });
  provider.on("grant.success", (ctx) => say({ event: "granted", client: ctx.oidc.client.clientId }));
  provider.on("backchannel.success", (_ctx, _client, _account, sid) => say({ event: "told", sid }));
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (request.url !== "/caught") {
      answer(request, response);
      return;
    }
    // What a product without an address of its own would be posted, for the test to hand on.
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      say({ event: "caught", body });
      response.end();
    });
  });
  say({ event: "listening", issuer });
});

createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  users.set(order.user, order.claims);
  say({ event: "done" });
});
