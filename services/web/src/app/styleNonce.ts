// Ant Design gives its nonce to most of the styles it makes, but not to all (scroll lock, scroll bar width). Whatever runs
// here came from our own server, so each style element that it creates may have the nonce.
export function giveNonceToStyles(nonce: string): void {
  const create = document.createElement.bind(document) as (name: string, options?: ElementCreationOptions) => HTMLElement;
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  }) as typeof document.createElement;
}
