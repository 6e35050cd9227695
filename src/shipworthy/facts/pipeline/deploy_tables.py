"""Command lines that put a build in front of users, by program: from each tool's own command-line reference."""

from __future__ import annotations

from collections.abc import Mapping

from shipworthy.facts.pipeline.words import words


def _table(text: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """ "kubectl: apply | set image" -> {"kubectl": (("apply",), ("set", "image"))}; `*` is any words, or none."""
    found = {}
    for line in text.strip().split("\n"):
        name, _, rest = line.strip().partition(":")
        found[name] = tuple(tuple(phrase.split()) for phrase in rest.replace("*", "").split("|"))
    return found


DEPLOYS: Mapping[str, tuple[tuple[str, ...], ...]] = _table(
    """
    kubectl: apply | create | replace | patch | set image | set env | rollout restart | rollout undo
    oc: apply | create | replace | patch | set image | rollout latest | rollout restart | start-build | new-app
    helm: upgrade | install
    helm3: upgrade | install
    helmfile: apply | sync
    kd: *
    ecs-deploy: *
    kapp: deploy
    werf: converge | deploy
    terraform: apply
    tofu: apply
    terragrunt: apply | run-all apply | run apply | apply-all
    pulumi: up | update
    cdk: deploy
    cdktf: deploy
    sam: deploy | sync
    sls: deploy
    serverless: deploy
    osls: deploy
    sst: deploy
    copilot: deploy | svc deploy | job deploy | app deploy | pipeline deploy
    eb: deploy
    zappa: deploy | update
    chalice: deploy
    firebase: deploy | hosting:channel:deploy | appdistribution:distribute | hosting:clone
    netlify: deploy
    ntl: deploy
    fly: deploy | machine update | machine run
    flyctl: deploy | machine update | machine run
    heroku: container:release | container:push | builds:create | pipelines:promote | deploy:jar
    wrangler: deploy | publish | pages deploy | pages publish | versions upload | versions deploy
    railway: up | redeploy | deploy
    render: deploys create
    koyeb: deploy | services update | services redeploy | service update | service redeploy | app deploy
    scalingo: deploy | integration-link-manual-deploy
    clever: deploy
    upsun: push
    platform: push
    surge: *
    gh-pages: *
    kamal: deploy | redeploy | setup
    mrsk: deploy | redeploy | setup
    mina: deploy
    dokku: *
    caprover: deploy
    nomad: run | job run
    waypoint: up | deploy
    skaffold: run | deploy
    okteto: deploy | preview deploy
    devspace: deploy
    garden: deploy
    argocd: app sync | app set | app create
    flux: reconcile
    doctl: apps create-deployment | apps update | apps create | serverless deploy
    shopify: theme push | theme publish | app deploy
    supabase: functions deploy | db push
    convex: deploy
    amplify: publish | push
    sftp: *
    lftp: *
    ncftpput: *
    mike: deploy
    mkdocs: gh-deploy
    ghp-import: *
    quarto: publish
    docusaurus: deploy
    ng: deploy
    hexo: deploy | d
    eas: submit | update
    expo: publish | upload:ios | upload:android
    clasp: push | deploy
    modal: deploy
    prefect: deploy
    bentoml: deploy
    deployctl: deploy
    swa: deploy
    cf: push | deploy
    ibmcloud: cf push | ce application update | ce app update
    vapor: deploy
    dep: deploy
    deployer: deploy
    envoy: run deploy
    azcopy: sync | copy
    rclone: sync | copy
    s3cmd: sync | put
    s3deploy: *
    code-push: release | release-react
    appcenter: distribute | codepush release-react
    sf: project deploy start
    sfdx: force:source:deploy
    seed: deploy
    flightctl: apply
    """
)
PUBLISHES: Mapping[str, tuple[tuple[str, ...], ...]] = _table(
    """
    npm: publish
    pnpm: publish | recursive publish | m publish
    yarn: publish | npm publish | workspaces foreach
    bun: publish
    deno: publish
    jsr: publish
    mix: hex.publish
    tea: releases create | release create | r create
    lerna: publish
    nx: release
    beachball: publish
    clean-publish: *
    changeset: publish
    semantic-release: *
    multi-semantic-release: *
    release-it: *
    np: *
    auto: shipit | release
    twine: upload
    poetry: publish
    uv: publish
    pdm: publish
    hatch: publish
    flit: publish
    maturin: publish | upload
    python-semantic-release: publish | version
    psr: publish | version
    cargo: publish | release | workspaces publish | ws publish
    release-plz: release
    gem: push
    rake: release
    goreleaser: release
    vsce: publish
    ovsx: publish
    web-ext: sign
    chrome-webstore-upload: upload
    electron-forge: publish
    crane: push | copy | cp
    ko: publish | build | apply | resolve
    oras: push
    helm: push
    cr: upload
    anaconda: upload
    nuget: push
    choco: push
    snapcraft: upload | push | release
    cloudsmith: push
    jfrog: rt upload | rt u | rt docker-push
    jf: rt upload | rt u | docker push
    gh: release create | release upload
    glab: release create | release upload
    hub: release create
    release-cli: create
    altool: *
    """
)
# Programs that take options of their own before the words that count.
LATE = words(
    "kubectl oc helm fly flyctl helmfile terragrunt pulumi argocd firebase wrangler doctl npm pnpm yarn cdk "
    "uv poetry cargo nx terraform tofu"
)
# Options that take a word, over all these programs; where one does not, a word too many is left out.
VALUED = words(
    "-c --token -t --scope --cwd --project -p --config --env -e --region --namespace -n --profile --org --team --app "
    "-a --site --auth --dir --message -m --prefix -C --workspace -w --filter -F --context --kubeconfig --server -s "
    "--stack --cluster --repository -r --directory --manifest-path --package --registry --tag --access --account "
    "--subscription --resource-group -g --name --repo -R --environment -chdir --access-token --api-token --otp "
    "--kube-context --kube-token --kube-apiserver --file -f --stage --function --aws-profile --app-name"
)
# By the name of their package, where their program has another one.
PACKAGES: Mapping[str, str] = {
    "@changesets/cli": "changeset",
    "@electron-forge/cli": "electron-forge",
    "@railway/cli": "railway",
    "@shopify/cli": "shopify",
    "@angular/cli": "ng",
    "@google/clasp": "clasp",
    "@azure/static-web-apps-cli": "swa",
    "@aws-amplify/cli": "amplify",
    "@convex-dev/cli": "convex",
    "firebase-tools": "firebase",
    "netlify-cli": "netlify",
    "aws-cdk": "cdk",
    "eas-cli": "eas",
    "expo-cli": "expo",
    "hexo-cli": "hexo",
    "code-push-cli": "code-push",
    "appcenter-cli": "appcenter",
    "serverless-framework": "serverless",
    "semantic-release-cli": "semantic-release",
}
AWS = _table(
    """
    s3: sync | cp | mv
    ecs: update-service | run-task | deploy | create-service
    lambda: update-function-code | publish-version | update-alias
    cloudformation: deploy | update-stack | create-stack | execute-change-set
    elasticbeanstalk: update-environment | create-application-version
    deploy: create-deployment | push
    apprunner: start-deployment | update-service
    amplify: start-job | start-deployment | create-deployment
    ssm: send-command
    codepipeline: start-pipeline-execution
    lightsail: create-container-service-deployment
    autoscaling: start-instance-refresh
    """
)
AZ = _table(
    """
    webapp: deploy | up | deployment source | config container | restart
    functionapp: deploy | deployment source | config container
    containerapp: up | update | create | compose create | revision copy
    acr: build | import
    aks: command invoke
    container: create
    deployment: create | group create | sub create | mg create
    stack: group create | sub create
    storage: blob upload-batch | blob sync | blob upload
    staticwebapp: create
    spring: app deploy
    vm: run-command invoke
    ml: online-deployment create | online-deployment update
    """
)
GCLOUD = _table(
    """
    run: deploy | services update | services replace | services update-traffic | jobs deploy | jobs update | compose up
    app: deploy | services set-traffic
    functions: deploy
    builds: submit | triggers run
    deploy: releases create | releases promote | apply
    compute: instances update-container | instance-groups managed rolling-action | ssh | scp
    storage: cp | rsync
    endpoints: services deploy
    firebase: deploy
    """
)
VERCEL_NOT = words(
    "pull build dev link env login logout whoami list ls inspect logs log domains dns certs secrets teams switch init "
    "git bisect telemetry help project projects remove rm curl api open target integration blob cache"
)
LOCAL_CLUSTERS = _table(
    """
    kind: create cluster | load docker-image | load image-archive
    minikube: start | image load
    k3d: cluster create | image import
    ctlptl: create | apply
    microk8s: install | start
    """
)
