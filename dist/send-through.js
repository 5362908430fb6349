import { ProxyError } from './index.js';
async function sendThrough({ http, https, noProxy }, { fetch, receive }) {
	const { Dispatcher1Wrapper, EnvHttpProxyAgent } = await import('./undici.js');
	const agentFor = (uri, options) =>
		new EnvHttpProxyAgent({
			...options,
			httpProxy: uri,
			httpsProxy: uri,
			noProxy,
			proxyTunnel: false,
			allowH2: false,
		});
	const bypasses = noProxyMatcher(agentFor);
	const routeThrough = (proxy) => {
		const { authorization: token, origin } = proxy;
		const dispatcher = agentFor(origin, token ? { token } : {});
		const forFetch = new Dispatcher1Wrapper(dispatcher);
		return { proxy, dispatcher, init: { dispatcher: forFetch } };
	};
	const routes = { http: http && routeThrough(http), https: https && routeThrough(https) };
	const routeFor = (url) => {
		if (bypasses(url)) return undefined;
		return url.protocol === 'https:' ? routes.https : routes.http;
	};
	return {
		proxyFor: (url) => routeFor(url)?.proxy.origin,
		fetch: async (input, init) => {
			const url = new URL(input instanceof Request ? input.url : input);
			const route = routeFor(url);
			if (!route) return fetch(input, init);
			try {
				return await fetch(input, { ...init, ...route.init });
			} catch (error) {
				const isFault = Error.isError(error) && ['TypeError', 'TimeoutError'].includes(error.name);
				throw isFault ? new ProxyError(route.proxy, url.host, error) : error;
			}
		},
		receive: async (url, options) => {
			const route = routeFor(url);
			if (!route) return receive(url, options);
			try {
				return await receive(url, { ...options, dispatcher: route.dispatcher });
			} catch (error) {
				const isTimeout = Error.isError(error) && error.name === 'TimeoutError';
				const isFault = !options.signal.aborted || isTimeout;
				throw isFault ? new ProxyError(route.proxy, url.host, error) : error;
			}
		},
	};
}
function noProxyMatcher(agentFor) {
	const proxy = 'http://proxy.invalid/';
	let peer = '';
	const factory = (origin) => {
		peer = String(origin);
		throw new Error('No request is sent.');
	};
	const agent = agentFor(proxy, { factory });
	return ({ hostname, port, protocol }) => {
		const origin = `http://${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
		agent.dispatch({ origin, path: '/', method: 'GET' }, { onResponseError: () => {} });
		return peer !== proxy;
	};
}
export { sendThrough };
