import { chooseLanguage, fill, text } from './parts/strings.js';

chooseLanguage(localStorage.getItem('language') ?? navigator.language);
fill(document);

const form = document.getElementById('login');
const token = document.getElementById('token');
const error = document.getElementById('login-error');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  error.textContent = '';
  try {
    const response = await fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: token.value }),
    });
    if (response.ok) return location.assign('/');
    error.textContent = text(response.status === 401 ? 'login.wrong' : 'error.server');
  } catch {
    error.textContent = text('error.offline');
  }
  token.select();
});
