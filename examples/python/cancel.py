import json, os, sys, urllib.error, urllib.parse, urllib.request
provider, job_id = (urllib.parse.quote(part, safe="") for part in sys.argv[1:3])
url = f"{os.environ['CALLOFF_URL']}/v1/providers/{provider}/jobs/{job_id}/cancel"
headers = {"Authorization": f"Bearer {os.environ['CALLOFF_TOKEN']}"}
try:
    answer = json.load(urllib.request.urlopen(urllib.request.Request(url, headers=headers, method="POST")))
except urllib.error.HTTPError as error:  # such as 404 for not_found: the body is an answer, too
    answer = json.load(error)
print(answer.get("outcome", answer.get("title")), answer.get("message", answer.get("faults", "")))
sys.exit(answer.get("outcome") not in ("cancelled", "already_cancelled", "already_finished"))
