/** Calls the server. Throws an object `{status}`: 0 when it cannot be reached. Without a sign-in it leads to the login page. */
export async function call(path, body) {
  let response;
  try {
    response = await fetch(
      path,
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    );
  } catch {
    throw { status: 0 };
  }
  if (response.status === 401) location.assign('/login');
  if (!response.ok) throw { status: response.status };
  return response.status === 204 ? undefined : response.json();
}
