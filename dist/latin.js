async function latinName(text) {
	const name = (await toLatin(text))
		.replace(/^[^A-Za-z0-9_]+|[^A-Za-z0-9_-]+$/g, '')
		.replace(/-*[^A-Za-z0-9._-][^A-Za-z0-9._]*/g, '-')
		.replace(/\.{2,}/g, '.');
	return /[A-Za-z0-9]/.test(name) ? name : undefined;
}
async function toLatin(text) {
	if (/^[\x00-\x7f]*$/.test(text)) return text;
	const { default: transliterate } = await import('./transliterate.js');
	return transliterate(text.normalize('NFKC'));
}
export { latinName };
