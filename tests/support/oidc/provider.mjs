// A real OpenID provider (oidc-provider, certified) for tests: people and keys come from the environment.
// Prints its port once it listens. Any password will do: what is tested is what comes after.
import { Provider } from "oidc-provider";

const told = JSON.parse(process.env.PROVIDER);
const people = new Map(told.people.map((person) => [person.sub, person]));

const provider = new Provider(told.issuer, {
  clients: [
    {
      client_id: "automation",
      ...(told.secret ? { client_secret: told.secret } : {}),
      redirect_uris: [told.redirect],
      post_logout_redirect_uris: [told.after],
      token_endpoint_auth_method: told.secret ? "client_secret_basic" : "none",
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username", "groups"] },
  cookies: { keys: ["of a test"] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, sub) => {
    const person = people.get(sub);
    return person && { accountId: sub, claims: () => person };
  },
  jwks: told.jwks,
  pkce: { required: () => true },
});
// Its pages name http: there is no TLS between two processes of one machine.
provider.on("server_error", (_, error) => console.error(error));
const server = provider.listen(told.port, "127.0.0.1", () => console.log(server.address().port));
