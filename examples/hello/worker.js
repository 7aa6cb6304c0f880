// The app's background process: does a little work every ten seconds and says so.

let round = 0;
const timer = setInterval(() => {
  round += 1;
  console.log(`worker finished round ${round}`);
}, 10_000);
console.log('worker started');

process.on('SIGTERM', () => {
  clearInterval(timer);
  console.log('worker stops');
});
