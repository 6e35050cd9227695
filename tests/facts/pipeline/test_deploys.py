"""Which commands and actions deploy or publish, and which only look as if they did: one row a command."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read, workflow

from shipworthy.facts.pipeline import Kind, Pipeline

CI = ".github/workflows/ci.yml"
LANDING = "{push: {branches: [main]}}"


def kinds(pipeline: Pipeline, row: int) -> str:
    """The deploying kinds of a row's workflow that may run."""
    return " ".join(
        str(leaf.kind)
        for leaf in pipeline.of(Kind.DEPLOY, Kind.PUBLISH)
        if leaf.workflow.endswith(f"/w{row}.yml") and any(not said.no for said in leaf.runs.values())
    )


COMMANDS = [
    ("kubectl apply -f k8s/", "deploy"),
    ("kubectl -n prod set image deployment/a a=b", "deploy"),
    ("kubectl --context prod rollout restart deploy/a", "deploy"),
    ("kubectl rollout status deploy/a", ""),
    ("kubectl get pods", ""),
    ("kubectl apply --dry-run=client -f x", ""),
    ("kind create cluster\nkubectl apply -f x", ""),
    ("minikube start\nhelm install a ./chart\nkubectl apply -f x", ""),
    ("helm upgrade --install a ./chart -n prod", "deploy"),
    ("helm upgrade a ./chart --dry-run", ""),
    ("helm lint ./chart", ""),
    ("helm push a.tgz oci://ghcr.io/o", "publish"),
    ("terraform apply -auto-approve", "deploy"),
    ("terraform plan", ""),
    ("tofu -chdir=infra apply x.plan", "deploy"),
    ("terragrunt run-all apply", "deploy"),
    ("pulumi preview", ""),
    ("pulumi up --yes", "deploy"),
    ("npx cdk deploy --all", "deploy"),
    ("npx cdk synth", ""),
    ("npx serverless deploy --stage prod", "deploy"),
    ("docker push ghcr.io/o/a", "publish"),
    ("docker push localhost:5000/a", ""),
    ("docker buildx build --push -t o/a .", "publish"),
    ("docker buildx build --push -t localhost:5000/a .", ""),
    ("docker build -t a .", ""),
    ("docker buildx build --load -t a .", ""),
    ("docker compose up -d", ""),
    ("docker --context prod compose up -d", "deploy"),
    ("docker stack deploy -c s.yml a", "deploy"),
    ("npm publish", "publish"),
    ("npm publish --dry-run", ""),
    ("npm publish --registry http://localhost:4873", ""),
    ("npm pack", ""),
    ("yarn npm publish", "publish"),
    ("pnpm -r publish --access public", "publish"),
    ("npx lerna publish from-git --yes", "publish"),
    ("npx @changesets/cli publish", "publish"),
    ("npx changeset version", ""),
    ("npx semantic-release@21", "publish"),
    ("npx semantic-release --dry-run", ""),
    ("npx electron-builder --publish always", "publish"),
    ("npx electron-builder --publish never", ""),
    ("npx electron-forge publish", "publish"),
    ("npx electron-forge make", ""),
    ("twine upload dist/*", "publish"),
    ("twine check dist/*", ""),
    ("twine upload --repository testpypi dist/*", ""),
    ("python -m twine upload dist/*", "publish"),
    ("uv publish", "publish"),
    ("uv build", ""),
    ("poetry publish --build", "publish"),
    ("python setup.py sdist upload", "publish"),
    ("cargo publish", "publish"),
    ("cargo publish --dry-run", ""),
    ("gem push a.gem", "publish"),
    ("goreleaser release --clean", "publish"),
    ("goreleaser release --snapshot", ""),
    ("goreleaser build", ""),
    ("./gradlew publish", "publish"),
    ("./gradlew publishToMavenLocal", ""),
    ("mvn deploy -DskipTests", "publish"),
    ("mvn package -DskipTests", ""),
    ("gh release create v1", "publish"),
    ("gh release view v1", ""),
    ("dotnet nuget push a.nupkg", "publish"),
    ("dotnet publish", ""),
    ("eas submit -p ios", "deploy"),
    ("fastlane supply", "publish"),
    ("xcrun altool --upload-app -f a.ipa", "publish"),
    ("npx vercel --prod --token $T", "deploy"),
    ("vercel --token $T --prod", "deploy"),
    ("vercel build --prod", ""),
    ("vercel pull --yes", ""),
    ("netlify deploy --prod", "deploy"),
    ("netlify build", ""),
    ("flyctl deploy --remote-only", "deploy"),
    ("flyctl -c fly.prod.toml deploy", "deploy"),
    ("flyctl status", ""),
    ("npx wrangler pages deploy dist", "deploy"),
    ("npx wrangler pages dev", ""),
    ("wrangler deploy --dry-run", ""),
    ("railway up", "deploy"),
    ("firebase deploy --only hosting", "deploy"),
    ("firebase emulators:exec 'echo'", ""),
    ("npx gh-pages -d dist", "deploy"),
    ("mkdocs gh-deploy", "deploy"),
    ("mkdocs build", ""),
    ("shopify theme check", ""),
    ("shopify theme push", "deploy"),
    ("aws s3 sync dist s3://bucket", "deploy"),
    ("aws s3 cp s3://bucket/a .", ""),
    ("aws --endpoint-url http://localhost:4566 s3 sync a s3://b", ""),
    ("aws ecs update-service --cluster c --service s --force-new-deployment", "deploy"),
    ("aws ecs wait services-stable", ""),
    ("aws --region x lambda update-function-code --function-name f", "deploy"),
    ("aws sts get-caller-identity", ""),
    ("gcloud builds submit --tag gcr.io/p/a", "deploy"),
    ("gcloud beta run deploy a", "deploy"),
    ("gcloud --project p app deploy", "deploy"),
    ("gcloud auth configure-docker", ""),
    ("gsutil -m rsync -r dist gs://b", "deploy"),
    ("gsutil cp gs://b/x .", ""),
    ("az webapp deploy --name a", "deploy"),
    ("az acr login --name a", ""),
    ("az acr build -r a .", "deploy"),
    ("git push heroku main", "deploy"),
    ("git push https://heroku:$K@git.heroku.com/a.git HEAD:main", "deploy"),
    ("git push origin HEAD:gh-pages", "deploy"),
    ("git subtree push --prefix dist origin gh-pages", "deploy"),
    ("git push origin main", ""),
    ("git push --tags", ""),
    ("git push origin --delete gh-pages", ""),
    ("kustomize edit set image a=b:1\ngit commit -am x\ngit push", "deploy"),
    ("yq -i '.image.tag = \"1\"' charts/values.yaml\ngit push", "deploy"),
    ("sed -i 's/tag: .*/tag: 1/' k8s/deployment.yaml\ngit push origin main", "deploy"),
    ("sed -i 's/tag: .*/tag: 1/' k8s/deployment.yaml", ""),
    ("sed -i s/a/b/ README.md\ngit push", ""),
    ("ssh u@host 'cd app && git pull && docker compose up -d'", "deploy"),
    ("ssh u@host <<'EOF'\ncd app\ngit pull\nEOF", "deploy"),
    ("ssh -T git@github.com", ""),
    ("ssh -V", ""),
    ("ssh localhost ls", ""),
    ("rsync -az dist/ u@host:/srv", "deploy"),
    ("rsync -azn dist/ u@host:/srv", ""),
    ("rsync -a a/ b/", ""),
    ("scp a.zip u@host:/srv", "deploy"),
    ("scp u@host:/srv/a .", ""),
    ("ansible-playbook -i inventory site.yml", "deploy"),
    ("ansible-playbook -i inventory site.yml --check", ""),
    ("ansible-playbook -i tests/inventory tests/test.yml", ""),
    ("ansible-playbook site.yml -c local", ""),
    ("curl -X POST https://api.render.com/deploy/srv-1?key=x", "deploy"),
    ("curl -X POST -d {} https://api.netlify.com/build_hooks/1", "deploy"),
    ('curl "${{ secrets.RENDER_DEPLOY_HOOK_URL }}"', "deploy"),
    ('curl -fsS "$COOLIFY_WEBHOOK"', "deploy"),
    ('curl -X POST "${{ secrets.SLACK_WEBHOOK_URL }}"', ""),
    ("curl -X POST https://discord.com/api/webhooks/1/x", ""),
    ("curl -LO https://example.com/deploy/tool.tar.gz", ""),
    ("curl -fsSL https://example.com/install.sh", ""),
    ("skopeo copy docker-archive:a.tar docker://ghcr.io/o/a", "publish"),
    ("crane copy a b", "publish"),
    ("echo npm publish", ""),
    ("# npm publish", ""),
    ("npm publish || true", "publish"),
    ("false && npm publish", ""),
]


def step(action: str, given: str = "") -> str:
    return f"on: {LANDING}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: {action}\n" + (
        f"        with: {{{given}}}\n" if given else ""
    )


STEPS = [
    (step("docker/build-push-action@v6", "push: true, tags: o/a"), "publish"),
    (step("docker/build-push-action@v6", "push: false"), ""),
    (step("docker/build-push-action@v6", "push: true, tags: 'localhost:5000/a'"), ""),
    (step("docker/build-push-action@v6", "push: \"${{ github.event_name != 'pull_request' }}\""), "publish"),
    (step("docker/build-push-action@v6", "push: \"${{ github.event_name == 'release' }}\""), ""),
    (step("docker/build-push-action@v6", "push: '${{ inputs.push }}'"), ""),
    (step("docker/build-push-action@v6", "push: '${{ vars.PUSH }}'"), "publish"),
    (step("docker/build-push-action@v6", "outputs: 'type=image,push=true'"), "publish"),
    (step("actions/deploy-pages@v4"), "deploy"),
    (step("actions/upload-pages-artifact@v3"), ""),
    (step("peaceiris/actions-gh-pages@v4"), "deploy"),
    (step("appleboy/ssh-action@v1", "script: git pull"), "deploy"),
    (step("cloudflare/wrangler-action@v3", "command: deploy"), "deploy"),
    (step("cloudflare/wrangler-action@v3", "command: whoami"), ""),
    (step("superfly/flyctl-actions@v1", "args: deploy --remote-only"), "deploy"),
    (step("pypa/gh-action-pypi-publish@release/v1"), "publish"),
    (step("pypa/gh-action-pypi-publish@release/v1", "repository-url: 'https://test.pypi.example/legacy/'"), ""),
    (step("cycjimmy/semantic-release-action@v4"), "publish"),
    (step("cycjimmy/semantic-release-action@v4", "dry_run: true"), ""),
    (step("changesets/action@v1", "publish: npm run release"), "publish"),
    (step("changesets/action@v1"), ""),
    (step("someone/deploy-to-somewhere@v1"), "deploy"),
    (step("enricomi/publish-unit-test-result-action@v2"), ""),
    (step("strumwolf/delete-deployment-environment@v3"), ""),
    (step("pulumi/actions@v6", "command: preview"), ""),
    (step("pulumi/actions@v6", "command: up"), "deploy"),
    (step("helm/kind-action@v1") + "      - run: kubectl apply -f x\n", ""),
    (step("stefanzweifel/git-auto-commit-action@v5"), ""),
    (
        f"on: {LANDING}\njobs:\n  a:\n    runs-on: self-hosted\n    steps:\n      - run: docker compose up -d\n",
        "deploy",
    ),
    (
        (
            f"on: {LANDING}\njobs:\n  a:\n    runs-on: self-hosted\n    steps:\n      - run: docker compose up -d\n"
            "      - run: pytest\n"
        ),
        "",
    ),
]


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Every row as a workflow of its own, read in one go."""
    texts = [*(workflow(command, on=LANDING) for command, _ in COMMANDS), *(text for text, _ in STEPS)]
    files = {f".github/workflows/w{number}.yml": text for number, text in enumerate(texts)}
    return read(tmp_path_factory.mktemp("deploys"), files)


@pytest.mark.parametrize(("row", "answer"), list(enumerate(answer for _, answer in COMMANDS)))
def test_commands(once: Pipeline, row: int, answer: str) -> None:
    assert kinds(once, row) == answer, COMMANDS[row]


@pytest.mark.parametrize(("row", "answer"), list(enumerate(answer for _, answer in STEPS)))
def test_steps(once: Pipeline, row: int, answer: str) -> None:
    assert kinds(once, len(COMMANDS) + row) == answer, STEPS[row]


@pytest.mark.parametrize(
    ("files", "answer"),
    [
        ({"package.json": '{"scripts": {"prepublishOnly": "vitest run"}}'}, "publish test"),
        ({"package.json": '{"scripts": {"prepublishOnly": "tsc"}}'}, "publish types"),
    ],
)
def test_what_npm_runs_before_it_publishes(tmp_path: Path, files: dict[str, str], answer: str) -> None:
    found = read(tmp_path, {CI: workflow("npm publish", on=LANDING), **files})
    assert " ".join(sorted(str(leaf.kind) for leaf in found.leaves)) == answer
