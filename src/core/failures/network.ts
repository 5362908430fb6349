import type { FailureFacts } from './table.ts';

/** What can go wrong on the way to a service, or answer in its place. */
export const networkFailures = {
  blocked: {
    title: 'A firewall blocked the request',
    advice:
      "Something refuses requests from this machine: Cloudflare's firewall, another firewall, or your proxy. Run the job on another runner, or ask the administrator of your network to allow the host in this message. If it has a Ray ID, contact Cloudflare support with it.",
  },
  unreachable: {
    title: 'The API could not be reached',
    advice:
      'Check `api-url`, and that this runner can reach it: DNS, firewall, and the proxy if one is configured. If the network is down, run this step again later.',
  },
  'proxy-malformed': {
    title: 'The address of a proxy is malformed',
    advice:
      "Write it as http://HOST:PORT, or as http://USER:PASSWORD@HOST:PORT with user and password percent-encoded. The variable comes from `env` in the workflow, from the runner's environment or from its `.env` file; remove it if there is no proxy. No request was sent.",
  },
  certificate: {
    title: 'A certificate is not trusted',
    advice:
      'If a gateway or proxy with its own certificate authority is in between, make Node trust it: set the environment variable NODE_EXTRA_CA_CERTS to the path of its PEM file.',
  },
  'not-json': {
    title: 'The response is not from the API',
    advice:
      'Something else answers at `api-url`: a captive portal, a proxy, or another web server. Check `api-url`; it defaults to https://api.cloudflare.com/client/v4.',
  },
  'wrong-address': {
    title: 'There is no Cloudflare API at this address',
    advice:
      'Check `api-url`; its path must be the part before `/accounts/…`, which is `/client/v4` for Cloudflare itself. It defaults to https://api.cloudflare.com/client/v4.',
  },
} as const satisfies Record<string, FailureFacts>;

/** How a proxy refuses a request. */
export const proxyFailures = {
  proxy: {
    title: 'The proxy refused the request',
    advice:
      'If it requires a user and a password, put them into its address, percent-encoded and from a secret: `https_proxy: http://USER:PASSWORD@HOST:PORT` in the environment. If it refuses the host, ask its administrator to allow it, or add the host to `no_proxy` if the runner can reach it without a proxy.',
  },
} as const satisfies Record<string, FailureFacts>;
