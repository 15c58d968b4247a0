/**
 * Makes an element. Children are nodes or text. Text becomes a text node, so it is never read as markup.
 * Attributes are set by name; a function named `on…` becomes a listener; false and undefined are left out.
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== ''));
  return node;
}

export const byId = (id) => document.getElementById(id);
